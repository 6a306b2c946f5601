import { Button, TextInput, Title } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { nodeTypesQuery } from '~/api/nodeTypes'
import { words } from '~/i18n'
import type { NodeType } from '~/model/nodeType'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { groupTypes } from './nodes/groupTypes'
import classes from './nodes/NodeTypesPage.module.css'
import { NodeTypeView } from './nodes/NodeTypeView'
import { Quarantine } from './nodes/Quarantine'

const t = words.nodes
const route = getRouteApi('/nodes')

/** The library of node types: a searchable list, and everything about the chosen one. */
export function NodeTypesPage() {
  const { q = '', type } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(nodeTypesQuery())
  const slow = useSlow(query.isPending)
  const groups = useMemo(() => groupTypes(query.data ?? [], q), [query.data, q])
  const chosen = query.data?.find((item) => item.id === type) ?? groups[0]?.types[0]
  const search = (text: string) =>
    void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })

  return (
    <div className={classes.page}>
      <div className={classes.side}>
        <div className={classes.head}>
          <Title order={1}>{t.title}</Title>
          <TextInput
            aria-label={t.search}
            placeholder={t.search}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={q}
            onChange={(event) => search(event.currentTarget.value)}
          />
        </div>
        <nav className={classes.list} aria-label={t.list}>
          {query.error ? (
            <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
          ) : null}
          <Quarantine />
          {slow ? <PagePending /> : null}
          {query.isSuccess && groups.length === 0 ? (
            <EmptyState title={t.none}>
              <Button variant="default" onClick={() => search('')}>
                {t.clear}
              </Button>
            </EmptyState>
          ) : null}
          {groups.map(({ category, types }) => (
            <section key={category} aria-label={t.categories[category] ?? category}>
              <h2 className={classes.category}>{t.categories[category] ?? category}</h2>
              {types.map((item) => (
                <TypeLink key={item.id} type={item} active={item === chosen} />
              ))}
            </section>
          ))}
        </nav>
      </div>
      <div className={classes.detail}>{chosen ? <NodeTypeView key={chosen.id} type={chosen} /> : null}</div>
    </div>
  )
}

function TypeLink({ type, active }: { type: NodeType; active: boolean }) {
  return (
    <Link
      from="/nodes"
      to="/nodes"
      search={(old) => ({ ...old, type: type.id })}
      replace
      className={classes.item}
      data-active={active || undefined}
      aria-current={active ? 'true' : undefined}
    >
      <CategoryIcon category={type.category} icon={type.icon} size={28} />
      <span className={classes.names}>
        <span className={classes.name}>{type.title}</span>
        <code>{type.id}</code>
      </span>
    </Link>
  )
}
