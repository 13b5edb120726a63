select version_key as product_key, product as product_id, kind, course_id, valid_from, valid_to, is_current, recorded_at
from {{ extract('txn_product_versions') }} as v
union all
select 'unsold/' || product, product, null, null, min(posted_at), null, true, min(recorded_at)
from {{ extract('transactions') }} as t
where product not in (select product from {{ extract('txn_product_versions') }} as v)
group by product
