import { getRouteApi } from '@tanstack/react-router'
import { Audit } from './settings/Audit'
import { Operations } from './settings/Operations'
import { SettingList } from './settings/SettingList'

const route = getRouteApi('/settings')

/** The server: what it was started with, what can be done with it, who did what. */
export function SettingsPage() {
  const { view } = route.useSearch()
  if (view === 'operations') return <Operations />
  return view === 'audit' ? <Audit /> : <SettingList />
}
