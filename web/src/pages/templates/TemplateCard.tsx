import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Template } from '~/api/types'
import { words } from '~/i18n'
import type { NodeTypes } from '~/model/nodeType'
import { TemplateGraph } from './TemplateGraph'
import classes from './templates.module.css'

const t = words.templates

interface TemplateCardProps {
  template: Template
  types: NodeTypes
  busy: boolean
  onUse: () => void
}

/** One template of the gallery: its picture, what it is for, and the button that makes a workflow of it. */
export function TemplateCard({ template, types, busy, onUse }: TemplateCardProps) {
  return (
    <li className={classes.card}>
      <div className={classes.picture}>
        <TemplateGraph template={template} types={types} />
      </div>
      <div className={classes.text}>
        <h2>
          <Link
            from="/templates"
            to="/templates"
            search={(old) => ({ ...old, show: template.name })}
            className={classes.open}
            aria-label={t.preview(template.title)}
          >
            {template.title}
          </Link>
        </h2>
        <p>{template.description}</p>
      </div>
      <footer className={classes.foot}>
        <span className={classes.muted}>
          {template.categories.map((name) => t.categories[name] ?? name).join(' · ')}
        </span>
        <Button
          size="compact-sm"
          variant="default"
          className={classes.use}
          aria-label={t.useNamed(template.title)}
          loading={busy}
          onClick={onUse}
        >
          {t.use}
        </Button>
      </footer>
    </li>
  )
}
