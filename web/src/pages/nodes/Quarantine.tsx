import { useQuery } from '@tanstack/react-query'
import { registryQuery } from '~/api/nodeTypes'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'

/** Sources of node types that could not be loaded: a broken file must not just be missing. */
export function Quarantine() {
  const registry = useQuery(registryQuery())
  const broken = registry.data?.sources.filter((source) => source.status === 'quarantined') ?? []
  return broken.map((source) => (
    <ErrorNote
      key={source.name}
      title={words.nodes.quarantined(source.name, source.line)}
      error={{ message: source.error ?? '' }}
    />
  ))
}
