import { words } from '~/i18n'
import { isObject, type Json, type JsonObject } from '~/model/json'

export interface FieldRow {
  name: string
  type: string
  required: boolean
  description: string
  fallback: Json | undefined
}

const t = words.nodes
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const ref = text(schema.$ref)
  if (!ref.startsWith('#/')) return schema
  let found: Json | undefined = root
  for (const step of ref.slice(2).split('/')) found = isObject(found) ? found[step] : undefined
  return isObject(found) ? { ...found, ...schema, $ref: '' } : schema
}

/** A type in a few words: `integer`, `"csv" or "parquet"`, `list of text`, `sql`. */
export function typeText(raw: JsonObject, root: JsonObject): string {
  const schema = resolve(raw, root)
  if (Array.isArray(schema.enum)) return schema.enum.map((item) => JSON.stringify(item)).join(t.or)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const options = schema.anyOf ?? schema.oneOf
  if (Array.isArray(options)) {
    const parts = options.filter(isObject).map((option) => typeText(option, root))
    return [...new Set(parts.filter((part) => part !== 'null'))].join(t.or)
  }
  if (schema.type === 'array') {
    return isObject(schema.items) ? t.listOf(typeText(schema.items, root)) : t.listType
  }
  if (schema.type === 'object' && isObject(schema.additionalProperties)) {
    return t.mapOf(typeText(schema.additionalProperties, root))
  }
  if (Array.isArray(schema.type)) return schema.type.filter((item) => item !== 'null').join(t.or)
  return text(schema.format) || text(schema.type) || t.any
}

export function fieldRows(schema: JsonObject): FieldRow[] {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isObject(property)) return []
    const resolved = resolve(property, schema)
    return [
      {
        name,
        type: typeText(property, schema),
        required: required.includes(name),
        description: text(resolved.description) || text(resolved.title),
        fallback: resolved.default,
      },
    ]
  })
}
