import type { Property } from './normalise'

export interface Sections {
  plain: readonly Property[]
  /** By `x-section`, in the order in which they turn up. */
  sections: readonly { title: string; properties: readonly Property[] }[]
  /** `x-advanced`: folded at the end. What is required is never among them. */
  advanced: readonly Property[]
}

export function sectionsOf(properties: readonly Property[]): Sections {
  const plain: Property[] = []
  const advanced: Property[] = []
  const named = new Map<string, Property[]>()
  for (const property of properties) {
    const section = property.schema['x-section']
    if (property.schema['x-advanced'] === true && !property.required) advanced.push(property)
    else if (typeof section === 'string') named.set(section, [...(named.get(section) ?? []), property])
    else plain.push(property)
  }
  const sections = [...named].map(([title, inside]) => ({ title, properties: inside }))
  return { plain, sections, advanced }
}
