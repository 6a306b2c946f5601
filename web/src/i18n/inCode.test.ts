/** No visible text stands in the code: it would be missed when words are changed or put into another language. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const SOURCES = join(import.meta.dirname, '..')
/** Attributes that are shown or read aloud. */
const SHOWN = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-valuetext',
  'description',
  'error',
  'label',
  'placeholder',
  'title',
  'tooltip',
])
const LETTERS = /\p{L}{2}/u

function textsIn(name: string, source: string): string[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found: string[] = []
  const note = (node: ts.Node, text: string) => {
    if (!LETTERS.test(text)) return
    const { line } = file.getLineAndCharacterOfPosition(node.getStart())
    found.push(`${name}:${line + 1} ${text.trim()}`)
  }
  const literal = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) note(node, node.text)
    else if (node && ts.isTemplateExpression(node)) note(node, node.head.text)
    else if (node && ts.isConditionalExpression(node)) {
      literal(node.whenTrue)
      literal(node.whenFalse)
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) note(node, node.text)
    else if (ts.isJsxExpression(node) && node.parent && !ts.isJsxAttribute(node.parent))
      literal(node.expression)
    else if (ts.isJsxAttribute(node) && SHOWN.has(node.name.getText())) {
      const value = node.initializer
      literal(value && ts.isJsxExpression(value) ? value.expression : value)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

it('finds text wherever it is shown', () => {
  const page = '<a title="Go there">Here {on ? "or there" : x}<b aria-label={`All of ${n}`}>1 %</b></a>'
  expect(textsIn('page.tsx', page)).toHaveLength(4)
  expect(textsIn('page.tsx', '<a href="/x" className="y z" title={t.go}>{t.here} · {"–"}</a>')).toEqual([])
})

it('no visible text stands outside of the catalogue of words', () => {
  const pages = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.tsx') && !path.endsWith('.test.tsx'),
  )
  expect(pages.length).toBeGreaterThan(100)
  const found = pages.flatMap((path) =>
    textsIn(relative('.', path), readFileSync(join(SOURCES, path), 'utf8')),
  )
  expect(found).toEqual([])
})
