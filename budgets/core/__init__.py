"""Pure rules of budgets and limits: calendars, periods, shares, forecasts. No clock, no database."""
