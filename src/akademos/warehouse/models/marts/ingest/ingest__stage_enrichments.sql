-- What the way from landing to the core added to events, by day of receipt and event type.
with counted as (
    select cast(received_at as date) as received_on,
        event_name,
        count(*) as events,
        count(*) filter (where persona <> 'unknown') as persona_known,
        count(*) filter (where client_timestamp is not null and occurred_at <> client_timestamp) as clock_corrected,
        count(*) filter (where topic_ids is not null) as topic_attached,
        count(*) filter (where course_id is not null) as course_attached,
        count(*) filter (where time_precision <> 'exact') as precision_reduced
    from {{ extract('core_events') }} as e
    group by cast(received_at as date), event_name
)
select cast(received_on as string) || '/' || event_name || '/' || enrichment as enrichment_key,
    received_on,
    event_name,
    enrichment,
    events,
    enriched
from (
    select received_on, event_name, 'persona_known' as enrichment, events, persona_known as enriched from counted
    union all select received_on, event_name, 'clock_corrected', events, clock_corrected from counted
    union all select received_on, event_name, 'topic_attached', events, topic_attached from counted
    union all select received_on, event_name, 'course_attached', events, course_attached from counted
    union all select received_on, event_name, 'precision_reduced', events, precision_reduced from counted
) as each
