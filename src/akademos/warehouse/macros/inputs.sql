{# The rows of an input by its name: a Parquet file, or a folder of them for the core. #}
{% macro extract(name) -%}
  {%- if name == 'core_events' -%}
    {{ parquet(env_var('AKADEMOS_WAREHOUSE_EXTRACTS', '') ~ '/core_events/*/*.parquet', partition='month') }}
  {%- else -%}
    {{ parquet(env_var('AKADEMOS_WAREHOUSE_EXTRACTS', '') ~ '/' ~ name ~ '.parquet') }}
  {%- endif -%}
{%- endmacro %}

{% macro parquet(path, partition=none, kind='varchar') -%}{{ adapter.dispatch('parquet', 'akademos')(path, partition, kind) }}{%- endmacro %}

{% macro default__parquet(path, partition, kind) -%}
  {%- if partition -%}
    read_parquet('{{ path | replace("'", "''") }}', hive_partitioning = true, hive_types = {'{{ partition }}': {{ kind }}}, union_by_name = true)
  {%- else -%}
    read_parquet('{{ path | replace("'", "''") }}')
  {%- endif -%}
{%- endmacro %}

{# Spark finds partitions below the folder by itself. #}
{% macro spark__parquet(path, partition, kind) -%}parquet.`{{ path.split('/*')[0] }}`{%- endmacro %}
