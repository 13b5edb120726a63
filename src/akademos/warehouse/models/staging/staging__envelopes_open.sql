-- Envelopes of days that are not closed yet; closed ones are in the raw zone.
select * from {{ extract('envelopes_open') }} as e
