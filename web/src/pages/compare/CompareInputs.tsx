import type { Comparison } from '~/api/types'
import { words } from '~/i18n'
import classes from './Compare.module.css'
import { ValueText } from './ValueText'

const t = words.compare

/** The inputs of both runs that differ; in a word when none does. */
export function CompareInputs({ inputs }: Pick<Comparison, 'inputs'>) {
  const changed = inputs.filter((input) => !input.same)
  if (changed.length === 0) {
    return <p className={classes.quiet}>{inputs.length === 0 ? t.noInputs : t.inputsSame}</p>
  }
  return (
    <table className={classes.fields} aria-label={t.inputs}>
      <thead>
        <tr>
          <th scope="col">{t.inputs}</th>
          <th scope="col">{t.thisRun}</th>
          <th scope="col">{t.otherRun}</th>
        </tr>
      </thead>
      <tbody>
        {changed.map(({ name, values: [own, other] }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <ValueText value={own} />
            </td>
            <td>
              <ValueText value={other} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
