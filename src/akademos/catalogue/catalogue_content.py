"""What the catalogue says of a dataset, product or policy, as plain values with a fingerprint: to see what changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from akademos.catalogue.classification import classification_of, sensitivity_of, tags_of
from akademos.catalogue.declarations import Dataset, Policy
from akademos.catalogue.products import DataProduct

Content = dict[str, object]


def fingerprint(content: object) -> str:
    """SHA-256 over JSON with sorted names, its first 16 hex digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def columns_fingerprint(dataset: Dataset) -> str:
    """Of names, types and nullability: what a certification was given for."""
    return fingerprint([(one.name, one.type, one.nullable) for one in dataset.columns])


def dataset_content(dataset: Dataset) -> Content:
    """A dataset's entry."""
    return {
        "description": dataset.description,
        "grain": dataset.grain,
        "owner": dataset.owner,
        "zone": dataset.zone,
        "basis": dataset.basis.value,
        "purposes": [one.value for one in dataset.purposes],
        "retention_days": None if dataset.retention is None else dataset.retention.days,
        "classification": classification_of(dataset).value,
        "sensitivity": sensitivity_of(dataset).value,
        "tags": list(tags_of(dataset)),
        "upstream": list(dataset.upstream),
        "checks": [one.name for one in dataset.checks],
        "columns": columns_fingerprint(dataset),
        "column_count": len(dataset.columns),
        "available": dataset.available,
    }


def product_content(product: DataProduct) -> Content:
    """A product's entry."""
    return {
        "title": product.title,
        "owner": product.owner,
        "domain": product.domain,
        "version": product.version,
        "datasets": list(product.datasets),
        "metrics": list(product.metrics),
        "used_by": list(product.used_by),
        "door": product.door,
    }


def policy_content(policy: Policy) -> Content:
    """A policy's entry."""
    return {"description": policy.description, "value": policy.value, "enforced_by": policy.enforced_by}


def versions_of(
    datasets: Iterable[Dataset], products: Iterable[DataProduct], policies: Iterable[Policy]
) -> dict[tuple[str, str], tuple[str, Mapping[str, object]]]:
    """Every entry: (kind, name) -> fingerprint and content."""
    contents: dict[tuple[str, str], Content] = {}
    contents |= {("dataset", one.name): dataset_content(one) for one in datasets}
    contents |= {("product", one.name): product_content(one) for one in products}
    contents |= {("policy", one.name): policy_content(one) for one in policies}
    return {key: (fingerprint(content), content) for key, content in contents.items()}
