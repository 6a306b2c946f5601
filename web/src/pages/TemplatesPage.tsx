import { Button, Chip, Group, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { nodeTypesQuery } from '~/api/nodeTypes'
import { templatesQuery, useTemplate } from '~/api/templates'
import type { TemplateUse } from '~/api/types'
import { words } from '~/i18n'
import { indexNodeTypes } from '~/model/nodeType'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { categoriesOf, matching } from './templates/matching'
import { TemplateCard } from './templates/TemplateCard'
import { TemplatePreview } from './templates/TemplatePreview'
import classes from './templates/templates.module.css'

const t = words.templates
const route = getRouteApi('/templates')

/** Tell what was put into the workspace; what was in the way stays until it is read. */
function tell({ workflow, files }: TemplateUse): void {
  const written = files.filter((file) => file.state === 'written').length
  const kept = files.filter((file) => file.state === 'kept').map((file) => file.path)
  const said = [
    ...(written > 0 ? [t.written(written)] : []),
    ...(kept.length > 0 ? [t.kept(kept.join(', '))] : []),
  ]
  if (said.length === 0) return
  const color = kept.length > 0 ? 'yellow' : 'green'
  notifications.show({
    color,
    title: t.made(workflow),
    message: said.join(' '),
    autoClose: kept.length > 0 ? false : 6000,
  })
}

/** The gallery: whole workflows that can be looked at and used. */
export function TemplatesPage() {
  const { q = '', category, show } = route.useSearch()
  const narrow = route.useNavigate()
  const navigate = useNavigate()
  const query = useQuery(templatesQuery())
  const nodeTypes = useQuery(nodeTypesQuery())
  const slow = useSlow(query.isPending)
  const using = useTemplate()
  const types = useMemo(() => indexNodeTypes(nodeTypes.data ?? []), [nodeTypes.data])
  const all = query.data ?? []
  const found = matching(all, q, category)
  const shown = all.find((template) => template.name === show)
  const use = (name: string) =>
    using.mutate(name, {
      onSuccess: (made) => {
        tell(made)
        void navigate({ to: '/workflows/$name', params: { name: made.workflow } })
      },
      onError: (error) =>
        notifications.show({ color: 'red', title: t.useFailed, message: error.message, autoClose: false }),
    })
  const busy = (name: string) => using.isPending && using.variables === name

  return (
    <Page
      title={t.title}
      about={t.about}
      toolbar={
        <>
          <TextInput
            w={280}
            aria-label={t.search}
            placeholder={t.search}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={q}
            onChange={(event) => {
              const text = event.currentTarget.value
              void narrow({ search: (old) => ({ ...old, q: text || undefined }), replace: true })
            }}
          />
          <Chip.Group
            value={category ?? ''}
            onChange={(value) =>
              void narrow({
                search: (old) => ({ ...old, category: String(value) || undefined }),
                replace: true,
              })
            }
          >
            <Group gap={6} role="radiogroup" aria-label={t.category}>
              {['', ...categoriesOf(all)].map((name) => (
                <Chip key={name} value={name} size="xs" variant="light">
                  {name === '' ? t.all : (t.categories[name] ?? name)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </>
      }
    >
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && found.length === 0 ? (
        <EmptyState title={t.nothingMatches}>
          <Button variant="default" onClick={() => void narrow({ search: {}, replace: true })}>
            {t.clear}
          </Button>
        </EmptyState>
      ) : null}
      {found.length > 0 ? (
        <ul className={classes.cards} aria-label={t.list}>
          {found.map((template) => (
            <TemplateCard
              key={template.name}
              template={template}
              types={types}
              busy={busy(template.name)}
              onUse={() => use(template.name)}
            />
          ))}
        </ul>
      ) : null}
      {shown ? (
        <TemplatePreview
          template={shown}
          types={types}
          busy={busy(shown.name)}
          onUse={() => use(shown.name)}
          onClose={() => void narrow({ search: (old) => ({ ...old, show: undefined }), replace: true })}
        />
      ) : null}
    </Page>
  )
}
