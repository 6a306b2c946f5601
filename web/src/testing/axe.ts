import axe from 'axe-core'

/** Ids of the accessibility rules an element breaks. Colours need a real browser and are left out. */
export async function violations(element: Element): Promise<string[]> {
  const result = await axe.run(element, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  })
  return result.violations.map((violation) => violation.id)
}
