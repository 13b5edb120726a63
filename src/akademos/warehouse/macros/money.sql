{# The minor unit of a currency as an amount; `digits` are its decimals. #}
{% macro unit_of(digits) -%}
(case {{ digits }} when 0 then cast(1 as decimal(5, 4)) when 1 then cast(0.1 as decimal(5, 4)) when 2 then cast(0.01 as decimal(5, 4)) when 3 then cast(0.001 as decimal(5, 4)) else cast(0.0001 as decimal(5, 4)) end)
{%- endmacro %}

{# Whole minor units as an amount, exact; `digits` are the decimals of the currency. #}
{% macro of_minor(units, digits) -%}
cast(cast({{ units }} as decimal(20, 0)) * {{ unit_of(digits) }} as decimal(38, 18))
{%- endmacro %}
