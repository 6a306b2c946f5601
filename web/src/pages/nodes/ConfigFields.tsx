import { words } from '~/i18n'
import { isObject, type Json, type JsonObject } from '~/model/json'
import { Prose } from '~/ui/Prose'
import { fieldRows } from './fieldRows'
import classes from './NodeTypesPage.module.css'

const t = words.nodes
const show = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** The fields of a config schema as a table to read. */
export function ConfigFields({ schema }: { schema: JsonObject }) {
  const rows = fieldRows(schema)
  if (rows.length === 0) return <p className={classes.muted}>{t.noConfig}</p>
  return (
    <table className={classes.fields}>
      <thead>
        <tr>
          <th scope="col">{t.field}</th>
          <th scope="col">{t.type}</th>
          <th scope="col">{t.meaning}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, type, required, description, fallback }) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
              {required ? <span className={classes.muted}> {t.required}</span> : null}
            </td>
            <td>
              <code>{type}</code>
            </td>
            <td>
              <Prose text={description} />
              {fallback === undefined || fallback === null || isEmpty(fallback) ? null : (
                <span className={classes.muted}>
                  {' '}
                  {t.default}: <code>{show(fallback)}</code>
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const isEmpty = (value: Json): boolean =>
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)
