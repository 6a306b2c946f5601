import { words } from '~/i18n'

const t = words.drafts.place
const plain = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

/** What a place of the document is called: "query of late". */
export function placeWords(path: string): string {
  if (path === '') return t.whole
  let rest = path.split('/').slice(1).map(plain)
  while (rest[0] === 'nodes' && rest[2] === 'body' && rest.length > 3) rest = rest.slice(3)
  const [kind = '', name = '', ...inside] = rest
  if (kind === 'edges') return t.edge(name)
  if (kind === 'layout') return t.moved(name)
  if (kind !== 'nodes') return t.workflow([kind, name, ...inside].filter(Boolean).join('.'))
  const field = (inside[0] === 'config' ? inside.slice(1) : inside).join('.')
  return field === '' ? t.node(name) : t.field(name, field)
}
