"""People in the back office: seen within the same scope as through the interface, changed by the same services."""

from django.contrib import admin
from django.contrib.auth.models import Group

from compliance.admin import companies, deputies, people, programs, records
from compliance.admin.forms import LogInForm

__all__ = ["companies", "deputies", "people", "programs", "records"]

admin.site.login_form = LogInForm
admin.site.unregister(Group)  # roles say who may what; groups would be a second answer
