{# A model `ops__dim_service` is the table `dim_service` of the schema `ops`: file names must be unique, table names not. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}{{ custom_alias_name | trim }}
  {%- elif '__' in node.name -%}{{ node.name.split('__', 1)[1] }}
  {%- else -%}{{ node.name }}{%- endif -%}
{%- endmacro %}

{# A key of several texts, which no others have: what parts them is escaped within them, as in an address. #}
{% macro joined(texts, by='/') -%}
  {%- set escaped = {'/': '%2F', '=': '%3D'} -%}
  {%- for text in texts -%}
    replace(replace({{ text }}, '%', '%25'), '{{ by }}', '{{ escaped[by] }}'){% if not loop.last %} || '{{ by }}' || {% endif %}
  {%- endfor -%}
{%- endmacro %}

{# Schemas have the names of the specification, without the target's. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
