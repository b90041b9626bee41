pub(super) mod decide_eligibility;
