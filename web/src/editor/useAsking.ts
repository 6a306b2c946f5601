import { useMemo } from 'react'
import { askOptions } from '~/api/nodeTypes'
import type { Asking } from '~/forms/context'
import type { JsonObject } from '~/model/json'
import type { NodeType } from '~/model/nodeType'

/** Lets the fields of a node ask its type for options. */
export function useAsking(type: NodeType | null, config: JsonObject): Asking | undefined {
  return useMemo(
    () =>
      type
        ? {
            type: `${type.id}@${type.version}`,
            config,
            ask: async (name, given, search, signal) => {
              const query = { function: name, config: given, search }
              const found = await askOptions(type.id, type.version, query, signal)
              const items = found.items.map((item) => ({ value: String(item.value), label: item.label }))
              return { items, more: found.more }
            },
          }
        : undefined,
    [type, config],
  )
}
