/** What the form of a connection holds before it is stored: new values, and stored ones that stay. */

import type { Connection, ConnectionType } from '~/api/types'
import { isShown } from '~/forms/normalise'
import { isObject, type JsonObject } from '~/model/json'

type Scalar = string | number | boolean | null

/** In this order: what a stored connection of type http logs in with. */
const TELLS: readonly (readonly [string, string])[] = [
  ['token_url', 'oauth2'],
  ['token', 'bearer'],
  ['username', 'basic'],
  ['query_parameter', 'query'],
  ['header', 'header'],
]

/** What a form begins with: the way to log in, because the fields below it depend on it. */
export function initialValues(type: ConnectionType | undefined, stored: Connection | null): JsonObject {
  const properties = type?.schema.properties
  if (!isObject(properties) || !isObject(properties.auth)) return {}
  if (!stored || stored.type !== type?.id) return { auth: 'bearer' }
  return { auth: TELLS.find(([field]) => stored.fields.includes(field))?.[1] ?? 'none' }
}

/** The schema with what is stored as a hint; a stored field need not be given again. */
export function schemaFor(type: ConnectionType, kept: readonly string[], hint: string): JsonObject {
  const { properties, required } = type.schema
  if (!isObject(properties) || kept.length === 0) return type.schema
  const shown = Object.entries(properties).map(([name, property]) => [
    name,
    isObject(property) && kept.includes(name) ? { ...property, 'x-placeholder': hint } : property,
  ])
  const needed = Array.isArray(required)
    ? required.filter((name) => typeof name !== 'string' || !kept.includes(name))
    : []
  return { ...type.schema, properties: Object.fromEntries(shown), required: needed }
}

/** Stored fields that stay: not given anew, and not of another way to log in. */
export function keptOf(
  type: ConnectionType | undefined,
  kept: readonly string[],
  values: JsonObject,
): string[] {
  const properties = type?.schema.properties
  return kept.filter((name) => {
    if (name in values) return false
    const property = isObject(properties) ? properties[name] : undefined
    return !isObject(property) || isShown(property, values)
  })
}

/** Values as the API takes them, without fields that are not shown. */
export function valuesOf(type: ConnectionType | undefined, values: JsonObject): Record<string, Scalar> {
  const properties = type?.schema.properties
  const entries = Object.entries(values).flatMap(([name, value]): [string, Scalar][] => {
    const property = isObject(properties) ? properties[name] : undefined
    if (isObject(property) && !isShown(property, values)) return []
    return typeof value === 'object' && value !== null ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}
