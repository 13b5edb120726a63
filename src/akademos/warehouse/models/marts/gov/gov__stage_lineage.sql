select edge_id, grain, from_node, from_kind, from_column, to_node, to_kind, to_column, how from {{ extract('gov_lineage') }} as l
