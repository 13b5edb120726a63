-- Entries of the catalogue as they were recorded, each version once.
select version_id, kind, name, fingerprint, recorded_at from {{ extract('catalogue_versions') }} as v
