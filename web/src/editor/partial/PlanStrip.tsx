import { Button, Loader } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { words } from '~/i18n'
import { nodeTitle } from '~/model/workflow'
import { shortId } from '~/ui/format'
import { Prose } from '~/ui/Prose'
import { useSlow } from '~/ui/useSlow'
import { useEditor, useEditorHandle } from '../store'
import classes from './partial.module.css'
import { summarise } from './planSummary'
import type { Phase } from './trial'
import { useTrial } from './usePins'

const t = words.pins.plan

/** Above the canvas: in words what a run of a part would do, before it starts. */
export function PlanStrip() {
  const phase = useTrial((trial) => trial.phase)
  const slow = useSlow(phase.kind === 'asking')
  switch (phase.kind) {
    case 'idle':
      return null
    case 'asking':
      return slow ? (
        <div className={classes.strip} role="status">
          <Loader size={14} />
          {t.asking}
        </div>
      ) : null
    case 'planned':
      return <Planned phase={phase} />
    case 'refused':
      return <Refused phase={phase} />
  }
}

function Planned({ phase }: { phase: Extract<Phase, { kind: 'planned' }> }) {
  const { services } = useEditorHandle()
  const { aim, plan, root, again } = phase
  const { runs, writes, changed, reused, pinned, skipped } = summarise(plan, root)
  const facts = [
    reused > 0 ? t.reuses(reused) : null,
    pinned > 0 ? t.pinned(pinned) : null,
    skipped > 0 ? t.skips(skipped) : null,
  ].filter((fact) => fact !== null)
  return (
    <Strip
      actions={
        <Button
          size="compact-sm"
          leftSection={<IconPlayerPlay size={14} stroke={1.8} aria-hidden />}
          onClick={() => void services.current?.confirmPart()}
        >
          {t.start(runs.length)}
        </Button>
      }
    >
      <strong>{t.title[aim.mode](nodeTitle(aim.node, root.nodes[aim.node]))}</strong>
      {again ? <span>{t.again}</span> : null}
      <span>{t.runs(runs)}</span>
      {facts.length > 0 ? <span className={classes.quiet}>{facts.join(', ')}</span> : null}
      {plan.execution && reused > 0 ? (
        <span className={classes.quiet}>
          {t.dataOf}{' '}
          <Link to="/runs/$id" params={{ id: plan.execution }} search={{}}>
            {shortId(plan.execution)}
          </Link>
        </span>
      ) : null}
      {changed.length > 0 ? (
        <span className={classes.warn}>
          <IconInfoCircle size={14} stroke={1.8} aria-hidden />
          {t.changed(changed)}
        </span>
      ) : null}
      {writes.length > 0 ? (
        <span className={classes.warn}>
          <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
          {t.writes(writes)}
        </span>
      ) : null}
    </Strip>
  )
}

function Refused({ phase }: { phase: Extract<Phase, { kind: 'refused' }> }) {
  const { services } = useEditorHandle()
  const { aim, message, missing } = phase
  const title = useEditor((state) => nodeTitle(aim.node, state.root.nodes[aim.node]))
  return (
    <Strip
      alert
      actions={
        missing !== null && aim.mode !== 'until' ? (
          <Button
            size="compact-sm"
            onClick={() => void services.current?.runPart({ mode: 'until', node: aim.node })}
          >
            {t.untilInstead}
          </Button>
        ) : null
      }
    >
      <strong>{t.refused(title)}</strong>
      <span>
        <Prose text={message} />
      </span>
    </Strip>
  )
}

interface StripProps {
  actions: ReactNode
  alert?: boolean
  children: ReactNode
}

function Strip({ actions, alert, children }: StripProps) {
  const { services } = useEditorHandle()
  const own = useRef<HTMLElement>(null)
  useEffect(() => {
    // Enter goes on, Escape goes back to where one was.
    const before = document.activeElement
    const buttons = own.current?.querySelectorAll('button')
    // Shown also after keys with Alt, which browsers do not take for moving about.
    buttons?.[0]?.focus({ focusVisible: true } as FocusOptions)
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    services.current?.cancelPart()
  }
  return (
    <section
      ref={own}
      className={classes.strip}
      aria-label={t.label}
      data-testid="plan-strip"
      onKeyDown={press}
    >
      <div className={classes.told} role={alert ? 'alert' : 'status'}>
        {children}
      </div>
      <div className={classes.buttons}>
        {actions}
        <Button size="compact-sm" variant="default" onClick={() => services.current?.cancelPart()}>
          {t.cancel}
        </Button>
      </div>
    </section>
  )
}
