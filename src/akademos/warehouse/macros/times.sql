{# Seconds from one instant to another, with thousandths; null when one is null. #}
{% macro seconds_between(start, end) -%}{{ adapter.dispatch('seconds_between', 'akademos')(start, end) }}{%- endmacro %}

{% macro default__seconds_between(start, end) -%}date_diff('millisecond', {{ start }}, {{ end }}) / 1000.0{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}timestampdiff(MILLISECOND, {{ start }}, {{ end }}) / 1000.0{%- endmacro %}
