import { Badge, Title, Tooltip } from '@mantine/core'
import { words } from '~/i18n'
import type { NodeType, PortType } from '~/model/nodeType'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { CopyButton } from '~/ui/CopyButton'
import { Markdown } from '~/ui/Markdown'
import { ConfigFields } from './ConfigFields'
import classes from './NodeTypesPage.module.css'

const t = words.nodes

function typeName(type: PortType): string {
  return type.many ? `${type.kind} (${t.many})` : type.kind
}

/** What a node type is, takes and gives, how it is configured, and an example that can be copied. */
export function NodeTypeView({ type }: { type: NodeType }) {
  // A docstring begins with the description, which stands above already.
  const docs = (
    type.docs.startsWith(type.description) ? type.docs.slice(type.description.length) : type.docs
  ).trim()
  return (
    <article className={classes.article}>
      <header className={classes.identity}>
        <CategoryIcon category={type.category} icon={type.icon} size={48} />
        <div>
          <Title order={2}>{type.title}</Title>
          <code>
            {type.id} · {t.version(type.version)}
          </code>
          <p>{type.description}</p>
          {type.disabled_reason ? <p role="status">{type.disabled_reason}</p> : null}
          <div className={classes.marks}>
            <Tooltip label={t.effectHelp[type.effect]} multiline maw={280}>
              <Badge variant="default" size="sm" tt="none" fw={500} tabIndex={0}>
                {t.effects[type.effect] ?? type.effect}
              </Badge>
            </Tooltip>
            {type.idempotent ? (
              <Badge variant="default" size="sm" tt="none" fw={500}>
                {t.idempotent}
              </Badge>
            ) : null}
          </div>
        </div>
      </header>
      <Wires type={type} />
      {docs ? (
        <section>
          <Title order={3}>{t.docs}</Title>
          <Markdown text={docs} />
        </section>
      ) : null}
      <section>
        <Title order={3}>{t.config}</Title>
        <ConfigFields schema={type.schema} />
      </section>
      {type.example ? (
        <section>
          <Title order={3}>{t.example}</Title>
          <Code text={type.example.trimEnd()} label={t.copyExample} />
        </section>
      ) : null}
      <details>
        <summary>{t.showSchema}</summary>
        <Code text={JSON.stringify(type.schema, null, 2)} label={words.runs.copy} />
      </details>
    </article>
  )
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.code}>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <span className={classes.copy}>
        <CopyButton text={text} label={label} />
      </span>
    </div>
  )
}

function Wires({ type }: { type: NodeType }) {
  const ports = type.ports.filter((port) => !port.implicit)
  return (
    <div className={classes.wires}>
      <section>
        <Title order={3}>{t.ports}</Title>
        <ul className={classes.ports}>
          {ports.map((port) => (
            <Wire
              key={port.name}
              name={port.name}
              detail={`${typeName(port.type)}, ${port.required ? t.required : t.optional}`}
            />
          ))}
          {type.any_port ? (
            <Wire name={t.anyPort} detail={type.any_port_type ? typeName(type.any_port_type) : t.any} plain />
          ) : null}
        </ul>
        {ports.length === 0 && !type.any_port ? <p className={classes.muted}>{t.noPorts}</p> : null}
      </section>
      <section>
        <Title order={3}>{t.outlets}</Title>
        <ul className={classes.ports}>
          {type.outlets.map((outlet) => (
            <Wire key={outlet.name} name={outlet.name} detail={typeName(outlet.type)} />
          ))}
        </ul>
        {type.outlets.length === 0 ? <p className={classes.muted}>{t.noOutlets}</p> : null}
      </section>
    </div>
  )
}

function Wire({ name, detail, plain }: { name: string; detail: string; plain?: boolean }) {
  return (
    <li>
      <span className={classes.port} aria-hidden />
      {plain ? <em>{name}</em> : <code>{name}</code>}
      <span className={classes.muted}>{detail}</span>
    </li>
  )
}
