import type { Json, JsonObject } from '~/model/json'

type Inputs = Readonly<Record<string, JsonObject>>

/** One object schema out of a workflow's `inputs`; an input without a default is required. */
export function inputsSchema(inputs: Inputs): JsonObject {
  const required = Object.keys(inputs).filter((name) => inputs[name]?.default === undefined)
  return { type: 'object', properties: { ...inputs }, required, additionalProperties: false }
}

export function inputDefaults(inputs: Inputs): JsonObject {
  const defaults: Record<string, Json> = {}
  for (const [name, schema] of Object.entries(inputs)) {
    if (schema.default !== undefined) defaults[name] = schema.default
  }
  return defaults
}
