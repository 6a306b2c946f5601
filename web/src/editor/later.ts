/** Parts of the editor that nobody sees before they do something: fetched at the first sign of a person. */

import { useEffect } from 'react'
import { later } from '~/ui/later'
import { useSign } from '~/ui/useSign'

export const InspectorContent = later(() =>
  import('./inspector/InspectorContent').then((part) => part.InspectorContent),
)
export const DrawerPanel = later(() => import('./drawer/DrawerPanel').then((part) => part.DrawerPanel))
export const PinValueDialog = later(() =>
  import('./partial/PinValueDialog').then((part) => part.PinValueDialog),
)
export const TestRunDialog = later(() => import('./partial/TestRunDialog').then((part) => part.TestRunDialog))
export const HelpDialog = later(() => import('./HelpDialog').then((part) => part.HelpDialog))
export const RenameDialog = later(() => import('./RenameDialog').then((part) => part.RenameDialog))
export const SettingsDialog = later(() => import('./SettingsDialog').then((part) => part.SettingsDialog))
export const Tour = later(() => import('./tour/Tour').then((part) => part.Tour))
export const CollapseDialog = later(() => import('./CollapseDialog').then((part) => part.CollapseDialog))
export const YamlPanel = later(() => import('./drawer/YamlPanel').then((part) => part.YamlPanel))
export const CollisionsDialog = later(() =>
  import('./sync/CollisionsDialog').then((part) => part.CollisionsDialog),
)

const PARTS = [
  InspectorContent,
  DrawerPanel,
  PinValueDialog,
  TestRunDialog,
  HelpDialog,
  RenameDialog,
  SettingsDialog,
  CollapseDialog,
  CollisionsDialog,
]

/** Fetch what is not there yet as soon as a pointer or a key moves; what fails then is fetched when it is shown. */
export function useFetchLater(): void {
  const sign = useSign()
  useEffect(() => {
    if (sign) for (const part of PARTS) part.fetch().catch(() => undefined)
  }, [sign])
}
