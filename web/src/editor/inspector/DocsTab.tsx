import { words } from '~/i18n'
import type { NodeType } from '~/model/nodeType'
import { describeType } from '~/model/ports'
import classes from './Inspector.module.css'
import { Prose } from './Prose'

const t = words.editor.inspector

/** What a node type does, from its docstring, with its ports and an example. */
export function DocsTab({ type }: { type: NodeType | null }) {
  if (!type) return null
  const ports = type.ports.filter((port) => !port.implicit)
  return (
    <div className={classes.docs}>
      <p>
        <strong>{type.title}</strong> <code>{`${type.id}@${type.version}`}</code>
      </p>
      <Prose text={type.docs || type.description} />
      <p className={classes.quiet}>{t.effect[type.effect]}</p>
      {ports.length > 0 ? (
        <>
          <h3>{t.ports}</h3>
          <ul>
            {ports.map((port) => (
              <li key={port.name}>
                <code>{port.name}</code> {describeType(port.type)}
                {port.required ? '' : `, ${t.optional}`}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <h3>{t.outlets}</h3>
      <ul>
        {type.outlets.map((outlet) => (
          <li key={outlet.name}>
            <code>{outlet.name}</code> {describeType(outlet.type)}
          </li>
        ))}
      </ul>
      {type.example ? (
        <>
          <h3>{t.example}</h3>
          <pre>
            <code>{type.example}</code>
          </pre>
        </>
      ) : null}
    </div>
  )
}
