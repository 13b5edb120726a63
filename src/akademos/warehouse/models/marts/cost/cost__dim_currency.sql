select currency, name, minor_unit from {{ extract('money_currencies') }} as c
