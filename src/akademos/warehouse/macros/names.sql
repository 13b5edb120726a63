{# A model `ops__dim_service` is the table `dim_service` of the schema `ops`: file names must be unique, table names not. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}{{ custom_alias_name | trim }}
  {%- elif '__' in node.name -%}{{ node.name.split('__', 1)[1] }}
  {%- else -%}{{ node.name }}{%- endif -%}
{%- endmacro %}

{# Schemas have the names of the specification, without the target's. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
