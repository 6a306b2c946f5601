import { Button, Group, Text, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { infoQuery } from '~/api/info'
import { registryQuery } from '~/api/nodeTypes'
import { cleaningQuery, useClean, useFreezeRegistry, useReloadRegistry, useRotateKey } from '~/api/settings'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatBytes } from '~/ui/format'
import { LinkButton } from '~/ui/LinkButton'
import { Page } from '~/ui/Page'
import { Time } from '~/ui/Time'
import { SettingsViews } from './SettingsViews'
import classes from './settings.module.css'

const t = words.settings

/** What the owner does with a running server: node types, data of past runs, the key, and what runs here. */
export function Operations() {
  return (
    <Page title={t.title} about={t.operationsAbout} toolbar={<SettingsViews view="operations" />}>
      <div className={classes.cards}>
        <Registry />
        <Cleaning />
        <Key />
        <Server />
      </div>
    </Page>
  )
}

function Card({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section className={classes.card} aria-label={title}>
      <Title order={2}>{title}</Title>
      {text ? <p className={classes.muted}>{text}</p> : null}
      {children}
    </section>
  )
}

function ask(title: string, text: string, confirm: string, onConfirm: () => void): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm, cancel: words.shell.cancel },
    onConfirm,
  })
}

function Registry() {
  const { data } = useQuery(registryQuery())
  const reload = useReloadRegistry()
  const freeze = useFreezeRegistry()
  const error = reload.error ?? freeze.error
  const broken = data?.sources.filter((source) => source.status === 'quarantined').length ?? 0
  const types = data?.sources.reduce((sum, source) => sum + source.types.length, 0) ?? 0
  return (
    <Card title={t.registry} text={data ? t.registryModes[data.mode] : undefined}>
      {data ? <p>{t.registryText(types, data.sources.length)}</p> : null}
      {broken > 0 ? (
        <ErrorNote title={t.quarantined(broken)} error={{ message: t.quarantineHelp }}>
          <LinkButton to="/nodes" variant="default" size="compact-sm">
            {t.showQuarantine}
          </LinkButton>
        </ErrorNote>
      ) : null}
      {error ? <ErrorNote title={t.failed} error={error} /> : null}
      <p role="status" className={classes.muted}>
        {freeze.data ? t.frozen(freeze.data.path) : reload.isSuccess ? t.reloaded : t.freezeHelp}
      </p>
      <Group gap="xs">
        <Button variant="default" loading={reload.isPending} onClick={() => reload.mutate()}>
          {t.reload}
        </Button>
        <Button variant="default" loading={freeze.isPending} onClick={() => freeze.mutate()}>
          {t.freeze}
        </Button>
      </Group>
    </Card>
  )
}

function Cleaning() {
  const { data, error } = useQuery(cleaningQuery())
  const clean = useClean()
  const said =
    data?.status === 'done'
      ? t.cleaned(data.dry_run, data.artifacts, data.executions, formatBytes(data.size_bytes))
      : data
        ? t.cleanStates[data.status]
        : ''
  const failed = clean.error ?? error
  const running = clean.isPending || data?.status === 'running'
  return (
    <Card title={t.clean} text={t.cleanText}>
      {failed ? <ErrorNote title={t.failed} error={failed} /> : null}
      {data?.status === 'failed' ? (
        <ErrorNote title={t.cleanStates.failed} error={{ message: data.message ?? '' }} />
      ) : (
        <p role="status">{said}</p>
      )}
      <Group gap="xs">
        <Button variant="default" loading={running} onClick={() => clean.mutate(true)}>
          {t.cleanCount}
        </Button>
        <Button
          variant="default"
          disabled={running}
          onClick={() => ask(t.cleanTitle, t.cleanText, t.cleanConfirm, () => clean.mutate(false))}
        >
          {t.cleanNow}
        </Button>
      </Group>
    </Card>
  )
}

function Key() {
  const rotate = useRotateKey()
  const missed = Object.keys(rotate.data?.failed ?? {})
  const whys = Object.values(rotate.data?.failed ?? {}).join(' ')
  return (
    <Card title={t.key} text={t.keyText}>
      {rotate.error ? <ErrorNote title={t.failed} error={rotate.error} /> : null}
      {rotate.data ? <p role="status">{t.rotated(rotate.data.rewrapped, rotate.data.key)}</p> : null}
      {missed.length > 0 ? (
        <ErrorNote title={t.rotateMissed(missed.join(', '))} error={{ message: whys }} />
      ) : null}
      <Group gap="xs">
        <Button
          variant="default"
          loading={rotate.isPending}
          onClick={() => ask(t.rotateTitle, t.keyText, t.rotateConfirm, () => rotate.mutate())}
        >
          {t.rotate}
        </Button>
      </Group>
    </Card>
  )
}

function Server() {
  const { data } = useQuery(infoQuery())
  if (!data) return null
  return (
    <Card title={t.server}>
      <dl className={classes.facts}>
        <dt>{t.version}</dt>
        <dd>{data.version}</dd>
        <dt>{t.workspace}</dt>
        <dd>
          <code>{data.workspace}</code>
        </dd>
        <dt>{t.dataDir}</dt>
        <dd>
          <code>{data.data_dir}</code>
        </dd>
        <dt>{t.database}</dt>
        <dd>{data.database}</dd>
        <dt>{t.started}</dt>
        <dd>
          <Time at={data.started_at} />
        </dd>
      </dl>
    </Card>
  )
}
