import { Button, Group, JsonInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { sampleQuery, useSample } from '~/api/samples'
import { useTestTrigger } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { readObject } from './readObject'
import classes from './triggers.module.css'

const t = words.samples
const EMPTY = { method: 'POST', headers: {}, query: {}, body: {} }
const written = (sample: object) => JSON.stringify(sample, null, 2)

/** The request that a webhook is tried out with: seen, changed, kept, or taken from the next call. */
export function WebhookSample({ trigger }: { trigger: Trigger }) {
  const query = useQuery(sampleQuery(trigger))
  const { keep, forget, listen } = useSample(trigger)
  const test = useTestTrigger()
  const navigate = useNavigate()
  const stored = written(query.data?.sample ?? EMPTY)
  const [text, setText] = useState(stored)
  // What comes while somebody waits, or is forgotten, takes the place of what was written.
  useEffect(() => setText(stored), [stored])
  const sample = readObject(text)
  const waiting = Boolean(query.data?.listening_until)
  const error = keep.error ?? forget.error ?? listen.error ?? test.error
  const said = waiting ? t.listening : query.data?.kept ? t.kept : query.data?.sample ? t.last : t.none
  return (
    <section className={classes.section} aria-label={t.title}>
      <h3>{t.title}</h3>
      <p className={classes.muted}>{t.help}</p>
      {query.error ? <ErrorNote title={t.loadFailed} error={query.error} /> : null}
      {error ? <ErrorNote title={t.failed} error={error} /> : null}
      <p role="status">{query.data ? said : ''}</p>
      <JsonInput
        label={t.field}
        value={text}
        onChange={setText}
        error={sample ? null : t.invalid}
        classNames={{ input: 'cm-mono' }}
        autosize
        minRows={6}
        maxRows={16}
      />
      <Group gap="xs" mt="xs">
        <Button
          disabled={!sample}
          loading={test.isPending}
          onClick={() =>
            sample &&
            test.mutate(
              { ...trigger, sample },
              { onSuccess: (run) => void navigate({ to: '/runs/$id', params: { id: run.id } }) },
            )
          }
        >
          {t.test}
        </Button>
        <Button
          variant="default"
          disabled={!sample || (text === stored && query.data?.kept)}
          loading={keep.isPending}
          onClick={() => sample && keep.mutate(sample)}
        >
          {t.keep}
        </Button>
        <Button variant="default" loading={listen.isPending} onClick={() => listen.mutate(!waiting)}>
          {waiting ? t.stop : t.listen}
        </Button>
        {query.data?.sample ? (
          <Button variant="subtle" loading={forget.isPending} onClick={() => forget.mutate()}>
            {t.forget}
          </Button>
        ) : null}
      </Group>
    </section>
  )
}
