{# Seconds from one instant to another, with thousandths; null when one is null. #}
{% macro seconds_between(start, end) -%}{{ adapter.dispatch('seconds_between', 'akademos')(start, end) }}{%- endmacro %}

{% macro default__seconds_between(start, end) -%}date_diff('millisecond', {{ start }}, {{ end }}) / cast(1000 as double){%- endmacro %}

{# Like DuckDB's `date_diff`, which counts the milliseconds that begin between the two; `timestampdiff` counts whole ones. #}
{% macro spark__seconds_between(start, end) -%}(unix_millis({{ end }}) - unix_millis({{ start }})) / cast(1000 as double){%- endmacro %}

{# Days from one date to another. #}
{% macro days_between(start, end) -%}{{ adapter.dispatch('days_between', 'akademos')(start, end) }}{%- endmacro %}

{% macro default__days_between(start, end) -%}date_diff('day', {{ start }}, {{ end }}){%- endmacro %}

{% macro spark__days_between(start, end) -%}cast(datediff({{ end }}, {{ start }}) as bigint){%- endmacro %}

{# An instant of whole seconds as text in UTC, as keys hold it. #}
{% macro instant_text(at) -%}{{ adapter.dispatch('instant_text', 'akademos')(at) }}{%- endmacro %}

{% macro default__instant_text(at) -%}strftime({{ at }}, '%Y-%m-%d %H:%M:%S+00'){%- endmacro %}

{% macro spark__instant_text(at) -%}concat(date_format({{ at }}, 'yyyy-MM-dd HH:mm:ss'), '+00'){%- endmacro %}
