"""YAML text to a typed model that knows its places.

Rules of this folder: `reader` is the one home of the YAML library, `conformance` of the JSON Schema
library, and the latter is imported only to explain a document that was refused. Every node keeps
its exact place, also inside scalars. Findings are returned, never raised.
"""
