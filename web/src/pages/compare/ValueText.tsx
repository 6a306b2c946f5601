import { words } from '~/i18n'
import classes from './Compare.module.css'

const LONGEST = 400

/** A JSON value in one line; what is not there as a dash. */
export function ValueText({ value }: { value: unknown }) {
  if (value === undefined || value === null)
    return <span className={classes.quiet}>{words.compare.none}</span>
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return (
    <code className={classes.value} title={text.length > LONGEST ? text.slice(0, 2_000) : undefined}>
      {text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text}
    </code>
  )
}
