import { Button, Menu } from '@mantine/core'
import { IconColumns, IconHistoryToggle, IconList } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { previousGoodQuery } from '~/api/compare'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { ChooseRunDialog } from '../compare/ChooseRunDialog'

const t = words.runs

/** Compare this run with another: the last good one before it, or one from the list. */
export function CompareMenu({ execution }: { execution: Execution }) {
  const navigate = useNavigate()
  const [opened, setOpened] = useState(false)
  const [choosing, setChoosing] = useState(false)
  const previous = useQuery({ ...previousGoodQuery(execution), enabled: opened })
  const compare = (other: string) =>
    void navigate({ to: '/runs/$id/compare', params: { id: execution.id }, search: { with: other } })
  return (
    <>
      <Menu position="bottom-end" opened={opened} onChange={setOpened}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconColumns size={15} aria-hidden />}>
            {t.compare}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconHistoryToggle size={15} aria-hidden />}
            disabled={!previous.data}
            onClick={() => previous.data && compare(previous.data)}
          >
            {previous.data === null ? t.compareNone : t.comparePrevious}
          </Menu.Item>
          <Menu.Item leftSection={<IconList size={15} aria-hidden />} onClick={() => setChoosing(true)}>
            {t.compareChoose}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {choosing ? (
        <ChooseRunDialog execution={execution} onChoose={compare} onClose={() => setChoosing(false)} />
      ) : null}
    </>
  )
}
