import { Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatBytes } from '~/ui/format'
import { triggerSummary } from './summary'
import classes from './triggers.module.css'

const t = words.triggers.facts
const BODY_BYTES = 65_536

/** Everything somebody needs to call a webhook. */
export function WebhookFacts({ trigger }: { trigger: Trigger }) {
  const { config } = trigger
  const told = (key: string, untold: string): string =>
    typeof config[key] === 'string' ? config[key] : untold
  const auth = told('auth', 'token')
  const respond = told('respond', 'now')
  const methods = Array.isArray(config.methods) ? config.methods : ['POST']
  const { connection, rate_per_minute: rate, max_body_bytes: bytes } = config
  const url = `${window.location.origin}${triggerSummary(trigger)}`
  return (
    <section className={classes.section} aria-label={t.title}>
      <h3>{t.title}</h3>
      <dl className={classes.facts}>
        <Fact name={t.url}>
          <Group gap={6} wrap="nowrap" align="flex-start">
            <code>{url}</code>
            <CopyButton text={url} label={t.copy} />
          </Group>
        </Fact>
        <Fact name={t.methods}>{methods.join(', ')}</Fact>
        <Fact name={t.auth}>
          {t.auths[auth] ?? auth}
          {typeof connection === 'string' ? (
            <>
              {' '}
              <code>{connection}</code>
            </>
          ) : null}
        </Fact>
        <Fact name={t.respond}>
          {t.responds[respond] ?? respond}
          {respond === 'now' ? null : t.waits(told('wait', '30s'))}
        </Fact>
        <Fact name={t.rate}>{typeof rate === 'number' ? t.perMinute(rate) : t.noRate}</Fact>
        <Fact name={t.body}>{t.bytes(formatBytes(typeof bytes === 'number' ? bytes : BODY_BYTES))}</Fact>
      </dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}
