import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { cellText } from '../cellText'
import { type Condition, choicesOf, familyOf, type Operator, takesValue } from './conditions'

export const operatorWord = (op: Operator, type: string): string =>
  words.previews.ops[familyOf(type)]?.[op] ?? op

/** A condition as people say it: `people at least 1000`. */
export function conditionWords(condition: Condition, columns: readonly Column[]): string {
  const { column, op, value } = condition
  const type = columns.find(({ name }) => name === column)?.type ?? ''
  const said = `${column} ${operatorWord(op, type)}`
  if (!takesValue(op)) return said
  return `${said} ${op === 'in' ? choicesOf(value).join(', ') : cellText(value, type)}`
}
