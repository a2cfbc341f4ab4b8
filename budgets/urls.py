"""Addresses of payments to subjects and of the terms they follow."""

from django.urls import path

from budgets.views import bulk, payments, terms
from core.lists import urls as list_urls

app_name = "budgets"

TRIAL = "trials/<slug:code>"
ALL = f"{TRIAL}/subject-payments"
PAYMENT = "subject-payments/<int:pk>"
SET_UP = f"{TRIAL}/set-up/payments/"

urlpatterns = [
    *list_urls(ALL, payments.subject_payments, "subject_payments"),
    *list_urls("places/<slug:slug>/subject-payments", payments.place_payments, "place_payments"),
    *list_urls(f"{TRIAL}/stipends", payments.stipends, "stipends"),
    *list_urls(f"{TRIAL}/stipend-years", payments.stipend_years, "stipend_years"),
    path(f"{TRIAL}/approve-stipends/", bulk.approve_stipends, name="approve_stipends"),
    path(f"{TRIAL}/decline-stipends/", bulk.decline_stipends, name="decline_stipends"),
    path(f"{TRIAL}/approve-payments/", bulk.approve_all, name="approve_all"),
    path(f"{TRIAL}/record-payments/", bulk.pay_all, name="pay_all"),
    path(f"{TRIAL}/reconcile-payments/", bulk.reconcile_all, name="reconcile_all"),
    path(f"{ALL}/<str:number>/", payments.payment, name="payment"),
    path("subjects/<int:pk>/claim/", payments.claim, name="claim"),
    path(f"{PAYMENT}/refuse/", payments.refuse, name="refuse"),
    path(f"{PAYMENT}/withdraw/", payments.withdraw, name="withdraw"),
    path(f"{PAYMENT}/void/", payments.void, name="void"),
    path(f"{PAYMENT}/take-back/", payments.take_back, name="take_back"),
    path(SET_UP, terms.terms, name="terms"),
    path(f"{SET_UP}set/", terms.set_terms, name="set_terms"),
    path("payment-terms/<int:pk>/correct/", terms.correct_terms, name="correct_terms"),
]
