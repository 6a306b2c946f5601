import { ActionIcon, Menu, SegmentedControl, Tooltip } from '@mantine/core'
import { IconArrowsDiagonal, IconChartBar, IconCopy, IconDownload, IconTable } from '@tabler/icons-react'
import type { OutputRequest } from '~/api/outputs'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import type { Selection } from './selection'
import classes from './TableTools.module.css'
import { useDownload } from './useDownload'

const t = words.previews
export type TableView = 'rows' | 'chart'

export function ViewSwitch({ view, onView }: { view: TableView; onView: (view: TableView) => void }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={t.view}
      className={classes.views}
      value={view}
      onChange={(next) => onView(next === 'chart' ? 'chart' : 'rows')}
      data={[
        { value: 'rows', label: <ViewName icon={IconTable} name={t.asRows} /> },
        { value: 'chart', label: <ViewName icon={IconChartBar} name={t.asChart} /> },
      ]}
    />
  )
}

function ViewName({ icon: Icon, name }: { icon: typeof IconTable; name: string }) {
  return (
    <span className={classes.view}>
      <Icon size={14} aria-hidden />
      {name}
    </span>
  )
}

interface CellToolsProps {
  selection: Selection | null
  onOpen: () => void
  onCopy: (what: 'selection' | 'named' | 'rows') => void
}

/** What can be done with the selected cells. */
export function CellTools({ selection, onOpen, onCopy }: CellToolsProps) {
  return (
    <>
      <Tooltip label={t.openCell}>
        <ActionIcon size={26} aria-label={t.openCell} disabled={!selection} onClick={onOpen}>
          <IconArrowsDiagonal size={16} />
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end">
        <Menu.Target>
          <Tooltip label={t.copyMenu}>
            <ActionIcon size={26} aria-label={t.copyMenu}>
              <IconCopy size={16} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {selection ? null : <Menu.Label>{t.copySelectFirst}</Menu.Label>}
          <Menu.Item
            disabled={!selection}
            rightSection={<kbd>{t.copyKeys}</kbd>}
            onClick={() => onCopy('selection')}
          >
            {t.copySelection}
          </Menu.Item>
          <Menu.Item disabled={!selection} onClick={() => onCopy('named')}>
            {t.copyNamed}
          </Menu.Item>
          <Menu.Item disabled={!selection} onClick={() => onCopy('rows')}>
            {t.copyRows}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

interface DownloadMenuProps {
  /** In the order and with the conditions of what is shown. */
  source: OutputRequest
  /** How many rows there will be. */
  total: number
}

export function DownloadMenu({ source, total }: DownloadMenuProps) {
  const { start, busy } = useDownload(source)
  const rows = formatCount(total)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t.download}>
          <ActionIcon size={26} aria-label={t.download} loading={busy}>
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {source.where?.length ? t.downloadMatching(rows, total) : t.downloadAll(rows)}
        </Menu.Label>
        <Menu.Item onClick={() => void start('csv')}>{t.downloadCsv}</Menu.Item>
        <Menu.Item onClick={() => void start('parquet')}>{t.downloadParquet}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
