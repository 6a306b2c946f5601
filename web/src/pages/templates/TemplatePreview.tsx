import { Button, Drawer } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { templateQuery } from '~/api/templates'
import type { Template } from '~/api/types'
import { words } from '~/i18n'
import type { NodeTypes } from '~/model/nodeType'
import { CopyButton } from '~/ui/CopyButton'
import { ErrorNote } from '~/ui/ErrorNote'
import { TemplateGraph } from './TemplateGraph'
import classes from './templates.module.css'

const t = words.templates

interface TemplatePreviewProps {
  template: Template
  types: NodeTypes
  busy: boolean
  onUse: () => void
  onClose: () => void
}

/** All there is to know of a template before it is used. */
export function TemplatePreview({ template, types, busy, onUse, onClose }: TemplatePreviewProps) {
  const detail = useQuery(templateQuery(template.name))
  return (
    <Drawer opened onClose={onClose} position="right" size={620} title={template.title}>
      <div className={classes.preview}>
        <p>{template.description}</p>
        <section className={classes.large} aria-label={t.graph} tabIndex={0}>
          <TemplateGraph template={template} types={types} titles />
        </section>
        <div>
          <Button loading={busy} onClick={onUse} data-autofocus>
            {t.use}
          </Button>
        </div>
        <section>
          <h3>{t.shows}</h3>
          <ul>
            {template.shows.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
        {template.triggers.length > 0 ? (
          <section>
            <h3>{t.starts}</h3>
            <ul>
              {template.triggers.map((type) => (
                <li key={type}>{t.startsBy[type] ?? words.triggers.types[type] ?? type}</li>
              ))}
            </ul>
          </section>
        ) : null}
        <section>
          <h3>{t.files}</h3>
          <p className={classes.muted}>{template.files.length > 0 ? t.filesHelp : t.noFiles}</p>
          <ul>
            {template.files.map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
        </section>
        {detail.error ? <ErrorNote title={t.loadFailed} error={detail.error} /> : null}
        {detail.data ? (
          <details>
            <summary>{t.source}</summary>
            <div className={classes.code}>
              <pre tabIndex={0}>
                <code>{detail.data.yaml}</code>
              </pre>
              <span className={classes.copy}>
                <CopyButton text={detail.data.yaml} label={t.copy} />
              </span>
            </div>
          </details>
        ) : null}
      </div>
    </Drawer>
  )
}
