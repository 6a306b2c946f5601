import { useQuery } from '@tanstack/react-query'
import { registryQuery } from '~/api/nodeTypes'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import classes from './NodeTypesPage.module.css'

const t = words.nodes

/** The last line of a traceback says what went wrong; the lines before it say where Python was. */
const lastLine = (traceback: string): string => traceback.trimEnd().split('\n').at(-1) ?? ''

/** Sources of node types that could not be loaded: a broken file must not just be missing. */
export function Quarantine() {
  const registry = useQuery(registryQuery())
  const broken = registry.data?.sources.filter((source) => source.status === 'quarantined') ?? []
  return broken.map(({ name, line, error }) => (
    <ErrorNote key={name} title={t.quarantined(name, line)} error={{ message: lastLine(error ?? '') }}>
      {error?.includes('\n') ? (
        <details>
          <summary>{t.traceback}</summary>
          <pre className={classes.traceback}>{error}</pre>
        </details>
      ) : null}
    </ErrorNote>
  ))
}
