"""The server's description in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from glassnet.serve.tensors import DATATYPES
from glassnet.web.limits import Limits

_CELL: dict[str, Any] = {"type": ["number", "string", "boolean", "null"]}
_ROW: dict[str, Any] = {
    "oneOf": [
        {"type": "object", "additionalProperties": _CELL},
        {"type": "array", "items": _CELL},
    ]
}
_TEXT = {"type": "string"}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}


def description(release: str, limits: Limits, token: bool) -> dict[str, Any]:
    """What can be asked, with the shape of every body and answer.

    Examples
    --------
    >>> sorted(description("1.0", Limits(), token=False)["paths"])[:2]
    ['/metrics', '/models/{name}/predict']
    """
    rows: dict[str, Any] = {
        "type": "array",
        "items": _ROW,
        "minItems": 1,
        "maxItems": limits.rows,
    }
    predict = {
        "summary": "Predict rows",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "oneOf": [
                            rows,
                            {
                                "type": "object",
                                "properties": {"rows": rows},
                                "required": ["rows"],
                            },
                        ]
                    }
                },
                "text/csv": {"schema": _TEXT},
            },
        },
        "responses": _responses("Predictions"),
    }
    infer = {
        "summary": "Predict tensors (Open Inference Protocol 2)",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Inference"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        },
        "responses": _responses("InferenceAnswer"),
    }
    name = [_parameter("name")]
    version = [*name, _parameter("version")]
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "glassnet", "version": release},
        "paths": {
            "/predict": {"post": predict},
            "/models/{name}/predict": {"post": {**predict, "parameters": name}},
            "/v2": {"get": _get("What this server is")},
            "/v2/health/live": {"get": _get("Whether it runs")},
            "/v2/health/ready": {"get": _get("Whether it answers")},
            "/v2/repository/index": {
                "post": {"summary": "The models there are", "responses": _responses("Anything")}
            },
            "/v2/models/{name}": {"get": _get("A model's inputs and outputs", name)},
            "/v2/models/{name}/ready": {"get": _get("Whether a model answers", name)},
            "/v2/models/{name}/infer": {"post": {**infer, "parameters": name}},
            "/v2/models/{name}/versions/{version}": {
                "get": _get("A model's inputs and outputs", version)
            },
            "/v2/models/{name}/versions/{version}/ready": {
                "get": _get("Whether a model answers", version)
            },
            "/v2/models/{name}/versions/{version}/infer": {
                "post": {**infer, "parameters": version}
            },
            "/metrics": {
                "get": {
                    "summary": "Measures in Prometheus' form",
                    "responses": {
                        "200": {
                            "description": "As text",
                            "content": {"text/plain": {"schema": _TEXT}},
                        },
                        "default": _error(),
                    },
                }
            },
        },
        "components": {"schemas": _schemas()},
    }
    if token:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
    return found


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _get(summary: str, parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"summary": summary, "responses": _responses("Anything")}
    return told | ({"parameters": parameters} if parameters else {})


def _responses(schema: str) -> dict[str, Any]:
    answer = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    if schema == "InferenceAnswer":
        answer["application/octet-stream"] = {"schema": {"type": "string"}}
    return {"200": {"description": "Done", "content": answer}, "default": _error()}


def _error() -> dict[str, Any]:
    return {
        "description": "Refused, with one sentence that says why",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _schemas() -> dict[str, Any]:
    tensor: dict[str, Any] = {
        "type": "object",
        "properties": {
            "name": _TEXT,
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0},
                "minItems": 1,
                "maxItems": 2,
            },
            "datatype": {"enum": list(DATATYPES)},
            "parameters": {"type": "object"},
            "data": {"type": "array"},
        },
        "required": ["name", "shape", "datatype"],
    }
    prediction = {
        "type": "object",
        "properties": {
            "prediction": {"type": ["string", "number", "boolean", "array"]},
            "probabilities": {
                "type": "object",
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "quantiles": {"type": "object", "additionalProperties": {"type": "number"}},
            "interval": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
            },
            "set": {"type": "array", "items": _TEXT},
        },
        "required": ["prediction"],
    }
    return {
        "Anything": {"type": ["object", "array"]},
        "Error": {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]},
        "Predictions": {
            "type": "object",
            "properties": {
                "model": _TEXT,
                "version": _TEXT,
                "target": _TEXT,
                "targets": {"type": "array", "items": _TEXT},
                "predictions": {"type": "array", "items": prediction},
                "ignored": {"type": "array", "items": _TEXT},
                "imputed": _COUNTS,
                "unknown": _COUNTS,
            },
            "required": ["model", "version", "target", "predictions"],
        },
        "Inference": {
            "type": "object",
            "properties": {
                "id": _TEXT,
                "parameters": {"type": "object"},
                "inputs": {"type": "array", "items": tensor, "minItems": 1},
                "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
            },
            "required": ["inputs"],
        },
        "InferenceAnswer": {
            "type": "object",
            "properties": {
                "model_name": _TEXT,
                "model_version": _TEXT,
                "id": _TEXT,
                "outputs": {"type": "array", "items": tensor},
            },
            "required": ["model_name", "outputs"],
        },
    }
