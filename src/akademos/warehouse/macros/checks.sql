{# No row may be as the condition says. #}
{% test no_rows(model, condition) %}
select * from {{ model }} where {{ condition }}
{% endtest %}

{# No two rows may have the same values in all the columns. #}
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as times from {{ model }} group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}
