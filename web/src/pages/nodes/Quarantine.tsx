import { useQuery } from '@tanstack/react-query'
import { registryQuery } from '~/api/nodeTypes'
import type { RegistrySource } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { Prose } from '~/ui/Prose'
import classes from './NodeTypesPage.module.css'

const t = words.nodes

/** The last line of a traceback says what went wrong; the lines before it say where Python was. */
const lastLine = (traceback: string): string => traceback.trimEnd().split('\n').at(-1) ?? ''

/** What of the node types is not as it was saved: the whole of a frozen registry, or sources that could not be loaded. */
export function Quarantine() {
  const { data } = useQuery(registryQuery())
  return (
    <>
      {data?.trouble ? <ErrorNote title={t.fallback} error={{ message: data.trouble }} /> : null}
      {data?.mode === 'static' && !data.trouble ? (
        <p role="status" className={classes.frozen}>
          <Prose text={t.frozen} />
        </p>
      ) : null}
      {data?.sources
        .filter((source) => source.status === 'quarantined')
        .map((source) => (
          <Broken key={source.name} source={source} />
        ))}
    </>
  )
}

/** A broken file must not just be missing, nor what still runs of it be taken for what it says now. */
function Broken({ source: { name, line, error, types } }: { source: RegistrySource }) {
  return (
    <ErrorNote title={t.quarantined(name, line)} error={{ message: lastLine(error ?? '') }}>
      {types.length > 0 ? (
        <div>
          <Prose text={t.lastGood(types)} />
        </div>
      ) : null}
      {error?.includes('\n') ? (
        <details>
          <summary>{t.traceback}</summary>
          <pre className={classes.traceback}>{error}</pre>
        </details>
      ) : null}
    </ErrorNote>
  )
}
