import type { Template } from '~/api/types'
import { words } from '~/i18n'

const label = (category: string) => words.templates.categories[category] ?? category

/** Templates of a category whose words hold each word that is looked for, in any order. */
export function matching(templates: readonly Template[], q: string, category?: string): Template[] {
  const wanted = q.toLowerCase().split(/\s+/).filter(Boolean)
  return templates.filter((template) => {
    if (category && !template.categories.includes(category)) return false
    const { name, title, description, shows, categories, nodes } = template
    const types = nodes.map((node) => node.type)
    const text = [name, title, description, ...shows, ...categories.map(label), ...types]
      .join(' ')
      .toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** Categories that there are, in the order in which they turn up. */
export function categoriesOf(templates: readonly Template[]): string[] {
  return [...new Set(templates.flatMap((template) => template.categories))]
}
