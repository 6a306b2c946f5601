/** Reads a JSON Schema node into what a form needs to know of it, one level at a time (so recursion is no problem). */

import { isObject, type Json, type JsonObject, sameJson } from '~/model/json'

export type FieldKind =
  | 'string'
  | 'number'
  | 'boolean'
  | 'enum'
  | 'const'
  | 'array'
  | 'tuple'
  | 'object'
  | 'map'
  | 'union'
  | 'json'

export interface Variant {
  title: string
  schema: JsonObject
  /** The property whose constant tells this variant, and its value. */
  tag: { key: string; value: Json } | null
}

export interface Property {
  name: string
  schema: JsonObject
  required: boolean
}

export interface Field {
  kind: FieldKind
  schema: JsonObject
  title: string
  description: string
  nullable: boolean
  format: string
  /** `{{ }}` may stand here. */
  expression: boolean
  options: readonly Json[]
  variants: readonly Variant[]
  properties: readonly Property[]
  /** Schema of array items or of the values of a map. */
  items: JsonObject | null
  /** Schemas of the parts of a tuple. */
  parts: readonly JsonObject[]
  fallback: Json | undefined
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []
const DEPTH = 16

/** Follow `$ref` and lone `allOf`; keys beside the reference win (pydantic puts title and default there). */
export function resolve(schema: JsonObject, root: JsonObject, depth = 0): JsonObject {
  if (depth > DEPTH) return {}
  const { $ref, allOf, ...beside } = schema
  if (typeof $ref === 'string') {
    const target = lookUp($ref, root)
    return target ? { ...resolve(target, root, depth + 1), ...beside } : beside
  }
  const parts = objects(allOf)
  if (parts.length === 1 && parts[0]) return { ...resolve(parts[0], root, depth + 1), ...beside }
  return schema
}

function lookUp(reference: string, root: JsonObject): JsonObject | null {
  let found: Json | undefined = root
  for (const segment of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = isObject(found) ? found[segment.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return isObject(found) ? found : null
}

const isNull = (schema: JsonObject) => schema.type === 'null' || ('const' in schema && schema.const === null)

export function normalise(raw: JsonObject, root: JsonObject, name = ''): Field {
  const { schema, branches, nullable } = collapse(resolve(raw, root), root)
  const constants = branches.map(constantsOf)
  const allConstant = branches.length > 1 && constants.every((list) => list !== null)
  const kind: FieldKind = allConstant ? 'enum' : branches.length > 1 ? 'union' : kindOf(schema)
  return {
    kind,
    schema,
    title: titleOf(schema, name),
    description: text(schema.description),
    nullable,
    format: text(schema.format),
    expression: schema['x-expression'] !== false,
    options: allConstant ? constants.flatMap((list) => list ?? []) : optionsOf(schema),
    variants: kind === 'union' ? branches.map((branch, index) => variantOf(branch, root, index, schema)) : [],
    properties: kind === 'object' ? propertiesOf(schema, null) : [],
    items: itemsOf(schema, kind),
    parts: kind === 'tuple' ? objects(schema.prefixItems) : [],
    fallback: schema.default,
  }
}

interface Collapsed {
  schema: JsonObject
  branches: JsonObject[]
  nullable: boolean
}

/** `anyOf: [X, null]` is an optional X; several branches stay a union. */
function collapse(schema: JsonObject, root: JsonObject): Collapsed {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    const nullable = types.length < schema.type.length
    if (types.length === 1)
      return { schema: { ...schema, type: types[0] ?? 'string' }, branches: [], nullable }
    const { type: _, ...rest } = schema
    return { schema: rest, branches: types.map((type) => ({ type })), nullable }
  }
  const union = objects(schema.anyOf ?? schema.oneOf)
  if (union.length === 0) return { schema, branches: [], nullable: false }
  const resolved = union.map((branch) => resolve(branch, root))
  const branches = resolved.filter((branch) => !isNull(branch))
  const nullable = branches.length < resolved.length
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema
  const [only] = branches
  if (branches.length !== 1 || !only) return { schema: rest, branches, nullable }
  const inner = collapse(only, root)
  return {
    schema: { ...inner.schema, ...rest },
    branches: inner.branches,
    nullable: nullable || inner.nullable,
  }
}

function constantsOf(schema: JsonObject): Json[] | null {
  if ('const' in schema) return [schema.const ?? null]
  return Array.isArray(schema.enum) ? schema.enum : null
}

const optionsOf = (schema: JsonObject): Json[] => (Array.isArray(schema.enum) ? schema.enum : [])

function kindOf(schema: JsonObject): FieldKind {
  if ('const' in schema) return 'const'
  if (Array.isArray(schema.enum)) return 'enum'
  switch (schema.type) {
    case 'array':
      return objects(schema.prefixItems).length > 0 ? 'tuple' : 'array'
    case 'string':
    case 'boolean':
      return schema.type
    case 'integer':
    case 'number':
      return 'number'
    case 'object':
      if (isObject(schema.properties)) return 'object'
      return isObject(schema.additionalProperties) || isObject(schema.patternProperties) ? 'map' : 'json'
    default:
      if (isObject(schema.properties)) return 'object'
      return schema.format ? 'string' : 'json'
  }
}

function itemsOf(schema: JsonObject, kind: FieldKind): JsonObject | null {
  if (kind === 'array') return isObject(schema.items) ? schema.items : {}
  if (kind !== 'map') return null
  if (isObject(schema.additionalProperties)) return schema.additionalProperties
  return objects(Object.values(isObject(schema.patternProperties) ? schema.patternProperties : {}))[0] ?? {}
}

/** Properties in the order of `x-order`, else as written; without the one that tells the variant. */
export function propertiesOf(schema: JsonObject, hidden: string | null): Property[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const order = (property: JsonObject) => (typeof property['x-order'] === 'number' ? property['x-order'] : 0)
  return Object.entries(isObject(schema.properties) ? schema.properties : {})
    .flatMap(([name, property]) =>
      isObject(property) ? [{ name, schema: property, required: required.has(name) }] : [],
    )
    .filter(({ name }) => name !== hidden)
    .sort((left, right) => order(left.schema) - order(right.schema))
}

/** `x-when: {auth: [bearer]}`: shown only while a field beside it has one of these values. */
export function isShown(schema: JsonObject, beside: JsonObject): boolean {
  const when = schema['x-when']
  if (!isObject(when)) return true
  return Object.entries(when).every(
    ([name, values]) => Array.isArray(values) && values.some((value) => sameJson(value, beside[name])),
  )
}

function variantOf(branch: JsonObject, root: JsonObject, index: number, union: JsonObject): Variant {
  const schema = resolve(branch, root)
  const discriminator = isObject(union.discriminator) ? text(union.discriminator.propertyName) : ''
  const properties = isObject(schema.properties) ? schema.properties : {}
  const tagged = Object.entries(properties).find(
    ([key, value]) =>
      isObject(value) && 'const' in resolve(value, root) && (discriminator === '' || key === discriminator),
  )
  const constant = tagged && isObject(tagged[1]) ? resolve(tagged[1], root).const : undefined
  const tag = tagged && constant !== undefined ? { key: tagged[0], value: constant } : null
  return { title: text(schema.title) || typeWord(schema, index), schema, tag }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'Text',
  integer: 'Number',
  number: 'Number',
  boolean: 'Yes or no',
  array: 'List',
  object: 'Object',
}

const typeWord = (schema: JsonObject, index: number): string =>
  TYPE_WORDS[text(schema.type)] ?? (isObject(schema.properties) ? 'Object' : `Option ${index + 1}`)

/** Pydantic titles are "Maximum Attempts"; here every label is in sentence case. */
export function titleOf(schema: JsonObject, name: string): string {
  const words = (text(schema.title) || name.replaceAll('_', ' ')).trim()
  const sentence = words.replace(/ ([A-Z])(?=[a-z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`)
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** Which variant a value belongs to: by its tag, else by its JSON type; the first when it says nothing. */
export function variantFor(variants: readonly Variant[], value: Json | undefined): number {
  const tagged = variants.findIndex((variant) => {
    const { tag } = variant
    return tag !== null && isObject(value) && sameJson(value[tag.key], tag.value)
  })
  if (tagged >= 0) return tagged
  const typed = variants.findIndex((variant) => value !== undefined && accepts(variant.schema, value))
  return Math.max(0, typed)
}

function accepts(schema: JsonObject, value: Json): boolean {
  if (Array.isArray(value)) return schema.type === 'array'
  if (isObject(value)) {
    const known = isObject(schema.properties) ? schema.properties : null
    if (schema.type !== 'object' && !known) return false
    return !known || isObject(schema.additionalProperties) || Object.keys(value).every((key) => key in known)
  }
  if (typeof value === 'number') return schema.type === 'number' || schema.type === 'integer'
  if ('const' in schema) return sameJson(schema.const, value)
  return schema.type === typeof value
}
