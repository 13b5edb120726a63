"""Inputs of the warehouse, a module a schema; each exports `EXTRACTS` (`catalogue.warehouse_extracts`)."""
