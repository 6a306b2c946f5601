import { useQuery } from '@tanstack/react-query'
import { outputPageQuery } from '~/api/executions'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { FilePreview } from './FilePreview'
import { JsonPreview } from './JsonPreview'
import { useMomentSeq } from './moment'
import { TablePreview } from './TablePreview'

interface DataPreviewProps {
  execution: string
  node: string
  outlet: string
}

/** What left a node through an outlet: a paged table, a JSON value or a file. Fills its parent. */
export function DataPreview({ execution, node, outlet }: DataPreviewProps) {
  const at = useMomentSeq() ?? undefined
  const source = { execution, node, outlet, at }
  const first = useQuery(outputPageQuery(source, 0))
  const slow = useSlow(first.isPending)
  if (first.error) {
    return (
      <ErrorNote title={words.runs.previewFailed} error={first.error} onRetry={() => void first.refetch()} />
    )
  }
  if (!first.data) return slow ? <PagePending /> : null
  switch (first.data.kind) {
    case 'table':
      return (
        <TablePreview
          key={`${execution} ${node} ${outlet} ${at}`}
          source={source}
          columns={first.data.schema}
          total={first.data.total}
          sample={first.data.items}
        />
      )
    case 'json':
      return <JsonPreview value={first.data.value} />
    case 'file':
      return <FilePreview file={first.data} />
  }
}
