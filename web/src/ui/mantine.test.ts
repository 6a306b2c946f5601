/** The list of Mantine's styles is by hand: a component whose style is missing looks broken, and nothing else says so. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const MANTINE = resolve(process.cwd(), 'node_modules/@mantine')
const CORE = join(MANTINE, 'core/esm')

function namesIn(folder: string, ending: RegExp, quote: string): string[] {
  const from = new RegExp(`import \\{([^}]*)\\} from ${quote}@mantine/core${quote}`, 'g')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .flatMap((path) => [...readFileSync(join(folder, path), 'utf8').matchAll(from)])
    .flatMap((match) => (match[1] ?? '').split(','))
    .map((name) => name.trim().split(' ')[0] ?? '')
}

/** Files of Mantine's core that a file needs, itself among them. */
function needed(start: readonly string[]): Set<string> {
  const found = new Set<string>()
  const queue = [...start]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue
    found.add(path)
    for (const match of readFileSync(path, 'utf8').matchAll(/from "(\.[^"]+)"/g)) {
      queue.push(join(dirname(path), match[1] ?? ''))
    }
  }
  return found
}

it('has the style of every component that is used, and of what these are made of', () => {
  const used = new Set([
    ...namesIn('src', /\.tsx?$/, "'"),
    ...['modals', 'notifications', 'spotlight'].flatMap((name) =>
      namesIn(join(MANTINE, name, 'esm'), /\.mjs$/, '"'),
    ),
  ])
  const files = [
    ...readFileSync(join(CORE, 'index.mjs'), 'utf8').matchAll(/import \{([^}]*)\} from "(\.[^"]+)"/g),
  ]
    .filter((match) =>
      (match[1] ?? '').split(',').some((name) => used.has(name.trim().split(' ').at(-1) ?? '')),
    )
    .map((match) => join(CORE, match[2] ?? ''))
  const styles = [...needed(files)].flatMap((path) => path.match(/(\w+)\.module\.mjs$/)?.[1] ?? [])
  const listed = readFileSync('src/ui/mantine.css', 'utf8')
  const missing = styles.filter(
    (name) => existsSync(join(MANTINE, `core/styles/${name}.css`)) && !listed.includes(`/styles/${name}.css`),
  )
  expect(styles.length).toBeGreaterThan(20)
  expect(missing).toEqual([])
})
